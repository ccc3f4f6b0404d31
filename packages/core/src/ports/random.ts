/** Chance, so that a seed decides it. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** 64 random bits in 16 hexadecimal digits: nonces, stream and worker ids. */
  id(): string;
}
