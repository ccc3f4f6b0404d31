/** The mark by which a syntax error is known after it crossed from the loader's thread. */
export const syntaxErrorCode = "ACTOR_SYNTAX";
