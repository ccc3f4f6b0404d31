/** 64 bits, given as two unsigned words, in 16 hexadecimal digits. */
export function hexId(high: number, low: number): string {
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
