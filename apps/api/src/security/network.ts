import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Groups of 16 bits in the part of an IPv6 address that names a network. */
const NETWORK_GROUPS = 4;
const MAPPED = '::ffff:';

/**
 * What a client without a key is known by: its IPv4 address, or the /64 network of its IPv6 address,
 * because whoever has one address of such a network has all 2^64 of them. An IPv4 address that is
 * written as an IPv6 one (`::ffff:192.0.2.1`) is that IPv4 address. Whatever is no address, as a proxy
 * may say, stays as it is.
 */
export function networkOf(address: string): string {
  // Most addresses are IPv4, of a socket for both kinds perhaps, and need no parser.
  if (!address.includes(':')) return address;
  if (address.startsWith(MAPPED) && isIPv4(address.slice(MAPPED.length))) {
    return address.slice(MAPPED.length);
  }
  if (!ipaddr.IPv6.isValid(address)) return address;
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const groups = parsed.parts.slice(0, NETWORK_GROUPS).map((group) => group.toString(16));
  return `${groups.join(':')}::/64`;
}
