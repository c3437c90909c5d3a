/** Bytes in an `ArrayBuffer` of their own, so that views of any width are aligned. */
export function bytesFromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (typeof Buffer === 'function') {
    const pooled = Buffer.from(text, 'base64');
    const bytes = new Uint8Array(pooled.length);
    bytes.set(pooled);
    return bytes;
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

const utf8 = new TextDecoder();

/** Text from the base64 of its UTF-8. */
export const textFromBase64 = (text: string): string =>
  typeof Buffer === 'function' ? Buffer.from(text, 'base64').toString() : utf8.decode(bytesFromBase64(text));

/** Base64 of little-endian 32-bit floats as numbers; a plain loop, since `Array.from` takes many times as long. */
export function floatsFromBase64(text: string): number[] {
  const bytes = bytesFromBase64(text);
  const length = bytes.length >> 2;
  const floats = new Float32Array(bytes.buffer, 0, length);
  const out: number[] = new Array<number>(length);
  for (let i = 0; i < length; i++) out[i] = floats[i] as number;
  return out;
}

export function base64FromFloats(values: readonly number[]): string {
  const bytes = new Uint8Array(new Float32Array(values).buffer);
  if (typeof Buffer === 'function') return Buffer.from(bytes.buffer).toString('base64');
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
