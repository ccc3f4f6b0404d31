const encoder = new TextEncoder();

/** Small texts share blocks of this size: making a buffer of its own costs more than filling it. */
const blockBytes = 16 * 1024;
/** The most bytes one UTF-16 unit takes. */
const maxBytesPerUnit = 3;

let block = new Uint8Array(blockBytes);
let used = 0;

/** The UTF-8 bytes of a text. They are never written again, but may stand in a block beside those of other texts. */
export function encodeUtf8(text: string): Uint8Array {
  const most = text.length * maxBytesPerUnit;
  if (most > blockBytes) return encoder.encode(text);
  if (used + most > blockBytes) {
    block = new Uint8Array(blockBytes);
    used = 0;
  }
  const { written } = encoder.encodeInto(text, used === 0 ? block : block.subarray(used));
  const bytes = block.subarray(used, used + written);
  used += written;
  return bytes;
}
