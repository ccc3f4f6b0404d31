const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const padding = "=".charCodeAt(0);
const invalid = 0xff;
const ascii = new TextDecoder("utf-8", { fatal: true });

const symbols = Uint8Array.from(alphabet, (symbol) => symbol.charCodeAt(0));
const values = new Uint8Array(128).fill(invalid);
for (let value = 0; value < symbols.length; value++) values[symbols[value]!] = value;

/** Standard base64 (RFC 4648 section 4), with padding. */
export function toBase64(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(padding);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const triple = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text[at] = symbols[triple >> 18]!;
    text[at + 1] = symbols[(triple >> 12) & 63]!;
    if (left > 1) text[at + 2] = symbols[(triple >> 6) & 63]!;
    if (left > 2) text[at + 3] = symbols[triple & 63]!;
    at += 4;
  }
  return ascii.decode(text);
}

/** @throws RangeError when the text is no padded standard base64. */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw new RangeError("base64 comes in groups of four characters, padded with =");
  const end = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length;
  const bytes = new Uint8Array(Math.floor((end * 3) / 4));
  let bits = 0;
  let at = 0;
  for (let i = 0; i < end; i++) {
    const value = values[text.charCodeAt(i)] ?? invalid;
    if (value === invalid) throw new RangeError(`base64 has no character ${JSON.stringify(text.charAt(i))}`);
    bits = (bits << 6) | value;
    // Four symbols make three bytes: every symbol but the first of its group completes one.
    if (i % 4 !== 0) bytes[at++] = bits >> (6 - 2 * (i % 4));
  }
  return bytes;
}
