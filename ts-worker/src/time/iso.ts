// A moment as text: ISO 8601 in UTC with six decimals. The offset is written `+00:00`, since
// System.Text.Json makes a local [datetime] of that and a UTC one of `Z`.

/** The second that was written last, up to its point: most moments come close together. */
let last = { second: Number.NaN, text: '' };

/** `moment` in milliseconds since the epoch; its fraction holds the microseconds. */
export function toIso(moment: number): string {
  const micros = Math.round(moment * 1000);
  const second = Math.floor(micros / 1_000_000);
  if (second !== last.second) {
    last = { second, text: new Date(second * 1000).toISOString().slice(0, -4) };
  }
  const rest = micros - second * 1_000_000;
  return `${last.text}${String(rest).padStart(6, '0')}+00:00`;
}
