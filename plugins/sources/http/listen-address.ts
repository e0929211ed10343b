import { BlockList, isIP } from "node:net";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const ADDRESS = /^(?:\[(.+)\]|([^:[\]]*)):(\d{1,5})$/;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");

/** Reads `host:port`; an IPv6 address stands in brackets, and no host means every address. @throws SyntaxError */
export function parseListen(text: string): ListenAddress {
  const match = ADDRESS.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new SyntaxError(`"${text}" is no address to listen on: write 127.0.0.1:8081, 0.0.0.0:8081 or [::1]:8081`);
  }
  return { host: match[1] ?? match[2], port };
}

/** Whether only programs of this machine can reach the host. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version === 0 ? host === "localhost" : LOOPBACK.check(host, version === 6 ? "ipv6" : "ipv4");
}
