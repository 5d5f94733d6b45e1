import { booleanOption, hostOption, portOption, stringOption, uriOption } from '@longhaul/oslo-config'
import type { OptionTable } from '@longhaul/oslo-config'

/** Names of options in `[DEFAULT]` of the original for the same, which are read too. */
interface NamesBefore {
  host: string
  port: string
}

/** `[listen]`, the same in every service but for its port. */
export const listenOptions = (port: number, before?: NamesBefore) =>
  ({
    host: hostOption({
      help: 'Address to listen on; plain HTTP only on loopback.',
      default: '127.0.0.1',
      deprecatedNames: before ? [['DEFAULT', before.host]] : [],
    }),
    port: portOption({
      help: 'Port to listen on; 0 takes a free one.',
      default: port,
      deprecatedNames: before ? [['DEFAULT', before.port]] : [],
    }),
    certfile: stringOption({ help: 'PEM file of the certificate; with it the service speaks TLS only.' }),
    keyfile: stringOption({ help: "PEM file of the certificate's key." }),
    cafile: stringOption({ help: "PEM file of the authorities that clients' certificates must come from." }),
  }) satisfies OptionTable

/** `[listen]` of a service whose processes are all alike. */
export const sharedListenOptions = (port: number, before?: NamesBefore) =>
  ({
    ...listenOptions(port, before),
    reuse_port: booleanOption({ help: 'Whether several processes share the port.', default: false }),
  }) satisfies OptionTable

/** What `[DEFAULT]` says of proxies in front of a service. */
export const proxyOptions = {
  public_endpoint: uriOption({
    help: 'URL under which clients reach the service; by default what the request says.',
  }),
  enable_proxy_headers_parsing: booleanOption({
    help: 'Whether Forwarded and X-Forwarded-* are believed: only behind a proxy that sets them.',
    default: false,
    deprecatedNames: [['oslo_middleware', 'enable_proxy_headers_parsing']],
  }),
} satisfies OptionTable
