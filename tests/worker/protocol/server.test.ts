import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Method, protocolNumber } from '../../../ts-worker/src/protocol/server.ts';
import { echo, endless, serve, turns } from '../support/server.ts';

describe('server', () => {
  it('answers requests one after the other, in the order in which they came', async () => {
    const log: string[] = [];
    const slow: Method = async (params) => {
      log.push(`begin ${params.name}`);
      await turns(5);
      log.push(`end ${params.name}`);
      return params;
    };
    const { input, say, ended, lines } = serve({ slow, echo });
    say({ id: 1, method: 'slow', params: { name: 'a' } });
    say({ id: 2, method: 'slow', params: { name: 'b' } });
    say({ id: 3, method: 'echo' });
    await turns(40);
    input.end();
    await ended;
    assert.deepEqual(log, ['begin a', 'end a', 'begin b', 'end b']);
    assert.deepEqual(lines(), [{ end: { name: 'a' } }, { end: { name: 'b' } }, { end: {} }]);
  });

  it('refuses what a module of another version asks', async () => {
    const { input, say, ended, lines } = serve({ echo });
    say({ id: 1, method: 'echo', protocol: protocolNumber });
    say({ id: 2, method: 'echo', protocol: protocolNumber - 1 });
    await turns(20);
    input.end();
    await ended;
    const [taken, refused] = lines() as [object, { error: { code: string; message: string } }];
    assert.deepEqual(taken, { end: {} });
    assert.equal(refused.error.code, 'PR_REQUEST_INVALID');
    const [module, worker] = [protocolNumber - 1, protocolNumber];
    assert.match(refused.error.message, RegExp(`protocol ${module} and the worker ${worker}`));
  });

  it('takes lines cut anywhere, several at once, and empty ones', async () => {
    const { input, ended, lines } = serve({ echo });
    const text =
      '\n{"id":1,"method":"echo","params":{"name":"Größe 😀"}}\r\n\n{"id":2,"method":"echo"}\n';
    for (const byte of Buffer.from(text)) {
      input.write(Buffer.from([byte]));
      await turns(1);
    }
    input.write(text);
    await turns(20);
    input.end();
    await ended;
    const once = [{ end: { name: 'Größe 😀' } }, { end: {} }];
    assert.deepEqual(lines(), [...once, ...once]);
  });

  it('sends no half of a surrogate pair, which PowerShell would refuse the whole line for', async () => {
    const { input, say, ended, lines } = serve({ echo });
    const name = 'a\ud800b 😀 C:\\ud800 \\\udfff';
    say({ id: 1, method: 'echo', params: { name } });
    await turns(20);
    input.end();
    await ended;
    assert.deepEqual(lines(), [{ end: { name: 'a\ufffdb 😀 C:\\ud800 \\\ufffd' } }]);
  });

  const invalid: readonly (readonly [string, string])[] = [
    ['{nothing', 'A request is one JSON object a line; this came: {nothing'],
    ['[1]', 'A request is one JSON object a line; this came: [1]'],
    ['null', 'A request is one JSON object a line; this came: null'],
    ['"x"', 'A request is one JSON object a line; this came: "x"'],
    [`{${'x'.repeat(500)}`, `A request is one JSON object a line; this came: {${'x'.repeat(99)}`],
    ...['{"id":"7","method":"echo"}', '{"id":7}', '{"id":7,"method":"echo","params":[]}', '{}'].map(
      (line) =>
        [line, 'A request has a number `id`, a text `method` and an object `params`.'] as const,
    ),
    ...['none', 'constructor', '__proto__', 'toString'].map(
      (method) => [`{"id":7,"method":"${method}"}`, `There is no method '${method}'.`] as const,
    ),
  ];
  for (const [line, message] of invalid) {
    it(`refuses ${line.slice(0, 50)} and goes on`, async () => {
      const { input, say, ended, lines } = serve({ echo });
      say(line);
      say({ id: 8, method: 'echo' });
      await turns(10);
      input.end();
      await ended;
      const [error, next, ...more] = lines();
      assert.equal(error.error.code, 'PR_REQUEST_INVALID');
      assert.equal(error.error.message, message);
      assert.deepEqual([next, more], [{ end: {} }, []]);
    });
  }

  it('reports what a method throws, and goes on', async () => {
    const { input, say, ended, lines } = serve({
      fail: async () => {
        throw new TypeError('x is undefined');
      },
      echo,
    });
    say({ id: 1, method: 'fail' });
    say({ id: 2, method: 'echo' });
    await turns(10);
    input.end();
    await ended;
    assert.equal(lines()[0].error.code, 'PR_INTERNAL');
    assert.match(lines()[0].error.message, /x is undefined/);
    assert.deepEqual(lines()[1], { end: {} });
  });

  it('hears a cancel in the middle of an answer', async () => {
    const { input, say, ended, lines } = serve({ endless, echo });
    say({ id: 1, method: 'endless' });
    await turns(20);
    say({ cancel: 1 });
    say({ id: 2, method: 'echo' });
    await turns(20);
    const said = lines();
    assert.ok(said.length > 5, `${said.length} lines`);
    assert.deepEqual(said.slice(-2), [{ end: { cancelled: true } }, { end: {} }]);
    input.end();
    await ended;
  });

  it('cancels a request that waits, and does not begin it', async () => {
    let begun = 0;
    const count: Method = async () => {
      begun += 1;
      await turns(5);
      return {};
    };
    const { input, say, ended, lines } = serve({ count });
    say({ id: 1, method: 'count' });
    say({ id: 2, method: 'count' });
    say({ cancel: 2 });
    await turns(20);
    input.end();
    await ended;
    assert.equal(begun, 1);
    assert.deepEqual(lines(), [{ end: {} }, { end: { cancelled: true } }]);
  });

  it('passes over a cancel for a request that is over or never was', async () => {
    const { input, say, ended, lines } = serve({ echo });
    say({ cancel: 99 });
    say({ id: 1, method: 'echo' });
    await turns(5);
    say({ cancel: 1 });
    say({ id: 1, method: 'echo' });
    await turns(5);
    input.end();
    await ended;
    assert.deepEqual(lines(), [{ end: {} }, { end: {} }]);
  });
});
