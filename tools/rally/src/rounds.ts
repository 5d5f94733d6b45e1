import { join } from 'node:path'
import type { LoadRequest } from './load.ts'
import { cores, PinnedProcess } from './pinned-process.ts'

/** A server under load. */
export interface Target {
  name: string
  server: PinnedProcess
  request: LoadRequest
}

export interface RoundOptions {
  rounds: number
  /** Seconds of load for each target in each round. */
  seconds: number
  connections: number
}

/** One target in one round. */
export interface Sample {
  /** Requests a second. */
  rate: number
  /** Processor time of the server for a request, in microseconds. */
  cpuMicroseconds: number
  /** Share of the time in which the server was busy: well below 1 the load was the limit and not the server. */
  busy: number
}

/**
 * Loads the targets one after the other, round after round, so that whatever else the machine does hits all alike.
 *
 * @returns samples by target, a round each
 */
export async function measure(
  targets: readonly Target[],
  options: RoundOptions,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(targets.map(({ name }) => [name, []]))
  for (const target of targets) await sample(target, { ...options, seconds: 1 })
  for (let round = 0; round < options.rounds; round++) {
    for (const target of targets) samples.get(target.name)!.push(await sample(target, options))
  }
  return samples
}

async function sample({ server, request }: Target, options: RoundOptions): Promise<Sample> {
  const before = server.cpuSeconds()
  const args = [String(options.seconds), String(options.connections)]
  const load = new PinnedProcess(cores.load, join(import.meta.dirname, 'load.ts'), args, {
    LONGHAUL_LOAD: JSON.stringify(request),
  })
  const { requests, seconds } = await load.said<{ requests: number; seconds: number }>('requests')
  await load.stop()
  const used = server.cpuSeconds() - before
  return { rate: requests / seconds, cpuMicroseconds: (used / requests) * 1e6, busy: used / seconds }
}

export interface Spread {
  min: number
  median: number
  max: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
  return { min: sorted[0]!, median, max: sorted.at(-1)! }
}

/** How much of the base's rate a target reaches, round by round. */
export function ratios(samples: readonly Sample[], base: readonly Sample[]): Spread {
  return spread(samples.map(({ rate }, round) => rate / base[round]!.rate))
}
