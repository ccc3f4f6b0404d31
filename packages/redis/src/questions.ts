const prefix = "question:";

/** A question as it travels on the namespace's channel: `question:` and itself as JSON. */
export interface Question {
  readonly id: string;
  /** Ids of the members that shall respond. */
  readonly of: readonly string[];
  readonly text: string;
}

export function questionText(question: Question): string {
  return prefix + JSON.stringify(question);
}

/** `undefined`: it is none, or none that can be read here. */
export function parseQuestion(text: string): Question | undefined {
  if (!text.startsWith(prefix)) return undefined;
  try {
    const question = JSON.parse(text.slice(prefix.length)) as Partial<Question> | null;
    const known = typeof question?.id === "string" && Array.isArray(question.of) && typeof question.text === "string";
    return known ? (question as Question) : undefined;
  } catch {
    return undefined;
  }
}
