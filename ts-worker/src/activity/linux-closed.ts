// Sockets that were closed between two readings of the tables, from the kernel's notices.

import { ClosedSockets } from '../../../native/linux/closed-sockets.ts';
import { AF_INET, type DiagMessage } from '../../../native/linux/sock-diag.ts';
import { NamespaceNames } from '../endpoints/linux-namespaces.ts';
import { AddressFormatter } from '../model/address.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { ClosedEndpoint, ClosedEndpoints } from './source.ts';

export class LinuxClosedEndpoints implements ClosedEndpoints {
  readonly #sockets = new ClosedSockets();
  readonly #addresses = new AddressFormatter();

  take(): { readonly closed: readonly ClosedEndpoint[]; readonly lost: boolean } {
    const closed: ClosedEndpoint[] = [];
    const names = new NamespaceNames();
    const lost = this.#sockets.take((message, isUdp, namespace) => {
      if (message.localPort === 0) return; // it never had a port: it was no endpoint
      const endpoint = this.#endpointOf(message, isUdp, names.of(namespace));
      closed.push({ cookie: message.cookie, endpoint });
    });
    this.#sockets.follow();
    return { closed, lost };
  }

  close(): void {
    this.#sockets.close();
  }

  #endpointOf(message: DiagMessage, isUdp: boolean, namespace: string): Endpoint {
    const isIPv4 = message.family === AF_INET;
    const address = (offset: number) =>
      isIPv4
        ? this.#addresses.ipv4(message.view, offset)
        : this.#addresses.ipv6(message.view, offset, message.scope);
    const isConnected = message.remotePort !== 0;
    return {
      protocol: isUdp ? 'UDP' : 'TCP',
      family: isIPv4 ? 'IPv4' : 'IPv6',
      localAddress: address(message.localAddress),
      localPort: message.localPort,
      remoteAddress: isConnected ? address(message.remoteAddress) : null,
      remotePort: isConnected ? message.remotePort : null,
      state: isUdp ? 'Bound' : 'Closed',
      namespace,
    };
  }
}
