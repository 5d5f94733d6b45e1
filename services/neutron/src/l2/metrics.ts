import { Gauge, Counter, type Registry } from 'prom-client'
import type { Links } from './links.ts'
import type { Switch } from './switch.ts'
import type { Traffic } from './traffic.ts'

/** Adds to the metrics of a process what its switch does. */
export function switchMetrics(
  registry: Registry,
  parts: { switch: Switch; links: Links; traffic: Traffic },
): void {
  const { links, traffic } = parts
  const registers = [registry]
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  gauge('l2_ports', 'Ports that are wired.', () => parts.switch.wired.length)
  gauge('l2_links', 'Hosts that there is a link to.', () => links.open.size)
  // eslint-disable-next-line no-new
  new Counter({
    name: 'l2_frames_lost_total',
    help: 'Frames that did not arrive, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      this.inc({ reason: 'refused' }, traffic.refused)
      this.inc({ reason: 'dropped' }, traffic.dropped)
    },
  })
}
