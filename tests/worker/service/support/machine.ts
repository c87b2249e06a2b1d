// A machine that only remembers: for the policy of installs, on any system. Directories and files are
// real, below one folder; rights and the service manager are not.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Machine,
  Registration,
  ServiceState,
} from '../../../../ts-worker/src/service/source.ts';

export class FakeMachine implements Machine {
  readonly defaultDirectory: string;
  readonly defaultLogDirectory: string;
  /** What was asked of the service manager. */
  readonly asked: string[] = [];
  state: ServiceState | null = null;
  isElevated = (): boolean => true;
  makeDirectory = async (path: string): Promise<void> => void mkdirSync(path);
  assertDirectory = async (): Promise<void> => {};
  assertTrusted = async (path: string): Promise<string> => path;
  extraFiles = (): ReadonlyMap<string, string> => new Map();

  constructor(folder: string) {
    this.defaultDirectory = join(folder, 'programs');
    this.defaultLogDirectory = join(folder, 'logs');
  }

  readonly manager = {
    name: 'the fake manager',
    read: async () => this.state,
    planRegistration: async (wanted: Registration) => {
      const { command, autoStart } = wanted;
      const former = this.state;
      const isSame = former?.command.join() === command.join();
      if (isSame) return [];
      return [
        {
          description: 'Register it',
          do: async () => {
            this.state = { ...stopped, command, startType: autoStart ? 'Automatic' : 'Manual' };
          },
          undo: async () => {
            this.state = former;
          },
        },
      ];
    },
    planRemoval: async () => [],
    start: async () => {
      this.asked.push('start');
      if (this.state !== null) this.state = { ...this.state, state: 'Running', pid: 4711 };
    },
    stop: async () => {
      this.asked.push('stop');
      if (this.state !== null) this.state = { ...this.state, state: 'Stopped', pid: null };
    },
  };
}

export const stopped: ServiceState = {
  state: 'Stopped',
  startType: 'Manual',
  pid: null,
  problem: null,
  command: [],
};
