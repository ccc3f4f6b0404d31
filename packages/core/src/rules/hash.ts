const utf8 = new TextEncoder();

/**
 * Hash of a key: FNV-1a over its UTF-8 bytes, finished by MurmurHash3's 32-bit finaliser so that similar keys spread.
 * Senders in other languages must compute the same; `hash.test.ts` holds the vectors.
 *
 * @returns an unsigned 32-bit integer
 */
export function hashKey(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit > 0x7f) return finish(fnv1a(utf8.encode(key)));
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  return finish(hash);
}

/** The partition a key belongs to: `hash(key) mod partitions`. */
export function partitionOf(key: string, partitions: number): number {
  return hashKey(key) % partitions;
}

function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

function finish(hash: number): number {
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash >>> 0;
}
