// Bytes that the system hands out (names, paths, command lines) to text. What is not UTF-8 is shown
// as `\xHH`, so that two different names never look the same.

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How many bytes the UTF-8 sequence at `index` has; 0 where it is not valid. */
function sequenceLength(bytes: Uint8Array, index: number): number {
  const first = bytes[index] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  try {
    decoder.decode(bytes.subarray(index, index + length));
    return length;
  } catch {
    return 0;
  }
}

function decodeMixed(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    if (length === 0) text += `\\x${(bytes[i] ?? 0).toString(16).padStart(2, '0')}`;
    else text += decoder.decode(bytes.subarray(i, i + length));
    i += Math.max(1, length);
  }
  return text;
}

export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return decodeMixed(bytes);
  }
}
