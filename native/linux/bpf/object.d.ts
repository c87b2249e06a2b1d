// esbuild inlines a compiled BPF program as its bytes (loader `binary`).
declare module '*.o' {
  const bytes: Uint8Array;
  export default bytes;
}
