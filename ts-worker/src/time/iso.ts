// A moment as text: ISO 8601 in UTC with six decimals. The offset is written `+00:00`, since
// System.Text.Json makes a local [datetime] of that and a UTC one of `Z`.

/** `moment` in milliseconds since the epoch; its fraction holds the microseconds. */
export function toIso(moment: number): string {
  const micros = Math.round(moment * 1000);
  const milliseconds = Math.floor(micros / 1000);
  const rest = micros - milliseconds * 1000;
  const text = new Date(milliseconds).toISOString();
  return `${text.slice(0, -1)}${String(rest).padStart(3, '0')}+00:00`;
}
