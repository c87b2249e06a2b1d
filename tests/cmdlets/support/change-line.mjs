// Changes as a worker sends them (docs/protocol.md), with addresses of their own.

const bytes = (numbers) => Buffer.from(numbers.buffer).toString('base64');

/** `rows`: local address and port, remote address and port, number of the template; `known`: the
 * addresses that were sent. */
export function changeLine(time, rows, known) {
  const before = known.length;
  const number = (address) => {
    if (address == null) return -1;
    if (!known.includes(address)) known.push(address);
    return known.indexOf(address);
  };
  const column = (Type, of) => bytes(Type.from(rows, of));
  const changes = {
    Time: column(Uint32Array, () => 0),
    TimeBase: time,
    LocalAddress: column(Int16Array, ([local]) => number(local)),
    LocalPort: column(Uint16Array, ([, port]) => port ?? 0),
    RemoteAddress: column(Int16Array, ([, , remote]) => number(remote)),
    RemotePort: column(Uint16Array, ([, , , port]) => port ?? 0),
    Template: column(Int16Array, ([, , , , template]) => template),
  };
  const fresh = known.slice(before);
  return { ...(fresh.length > 0 ? { addresses: fresh.join('\n') } : {}), changes };
}
