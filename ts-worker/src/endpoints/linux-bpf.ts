import type { LinuxTable } from './linux-sock-diag.ts';
export function createBpfTable() {
  return {
    name: 'Bpf',
    read(): LinuxTable {
      throw new Error('not yet');
    },
    close() {},
  };
}
