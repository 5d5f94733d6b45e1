import {
  hostOption,
  integerOption,
  ipAddressOption,
  portOption,
  stringOption,
  type Config,
} from '@longhaul/oslo-config'
import { listenOptions } from '@longhaul/oslo/api'
import { logOptions } from '@longhaul/oslo/log'

const defaultGroup = {
  host: stringOption({
    help: 'Name of this host, the same as that of its nova-compute; no two hosts may have the same.',
    default: 'localhost',
  }),
  state_path: stringOption({
    help: 'Directory where the agent remembers the sockets of guests; one agent at a time works with it.',
    default: '/var/lib/neutron',
  }),
  report_interval: integerOption({
    help: 'Time between two reports that the agent sends to neutron-server. A new value counts from the next report on.',
    unit: 'seconds',
    default: 15,
    min: 1,
    mutable: true,
  }),
  ...logOptions,
}

const udpPort = (which: string, preset: number) =>
  integerOption({
    help: `The ${which} port of local_ip that may be that of a guest; outside of those that the kernel hands out by itself.`,
    unit: 'port',
    default: preset,
    min: 1,
    max: 65_535,
  })

const switchGroup = {
  local_ip: ipAddressOption({
    help: 'Address on loopback that guests of this host send their frames to; it is good to have one that nobody else uses.',
    default: '127.0.0.1',
  }),
  first_udp_port: udpPort('first', 20_000),
  last_udp_port: udpPort('last', 29_999),
}

const linkGroup = {
  host: hostOption({
    help: 'Address to listen on for the agents of other hosts; without TLS only on loopback.',
    default: '127.0.0.1',
  }),
  port: portOption({ help: 'Port to listen on; 0 takes a free one.', default: 9698 }),
  public_address: stringOption({
    help: 'Where the agents of other hosts reach this one, as address:port; by default where it listens.',
  }),
  certfile: stringOption({
    help: 'PEM file of a certificate with the name of this host, for a server and a client; with it links are TLS only.',
  }),
  keyfile: stringOption({ help: "PEM file of the certificate's key." }),
  cafile: stringOption({
    help: 'PEM file of the authorities that the certificates of other hosts must come from.',
  }),
}

/** The options of neutron-l2-agent.conf, but for `[neutron]`, which libraries read. */
export function readAgentSettings(conf: Config) {
  return {
    defaults: conf.register('DEFAULT', defaultGroup),
    listen: conf.register('listen', listenOptions(9697)),
    switch: conf.register('switch', switchGroup),
    link: conf.register('link', linkGroup),
  }
}
