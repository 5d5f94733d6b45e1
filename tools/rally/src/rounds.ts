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

/** Seconds after which it is the next target's turn: a machine that others use changes its speed from second to second. */
export const turnSeconds = 0.2

const warmUpSeconds = 2

/**
 * Loads the targets by turns, so that whatever else the machine does hits all alike.
 *
 * @returns samples by target, a round each
 */
export async function measure(
  targets: readonly Target[],
  options: RoundOptions,
): Promise<Map<string, Sample[]>> {
  const loads = targets.map((target) => new TargetLoad(target, options.connections))
  try {
    // Once for the compilers.
    await turns(loads, warmUpSeconds)
    for (const load of loads) load.endRound()
    for (let round = 0; round < options.rounds; round++) {
      await turns(loads, options.seconds)
      for (const load of loads) load.samples.push(load.endRound())
    }
    return new Map(loads.map(({ name, samples }) => [name, samples]))
  } finally {
    await Promise.all(loads.map((load) => load.stop()))
  }
}

/**
 * The same with servers that are new in each round: of one program, a process is faster than the next by some percent, as
 * its memory and its compiled code happen to lie.
 *
 * @param launch starts the servers, and says how they are stopped
 */
export async function measureAfresh(
  launch: () => Promise<{ targets: readonly Target[]; stop: () => Promise<unknown> }>,
  options: RoundOptions,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>()
  for (let round = 0; round < options.rounds; round++) {
    const { targets, stop } = await launch()
    try {
      for (const [name, own] of await measure(targets, { ...options, rounds: 1 })) {
        samples.set(name, [...(samples.get(name) ?? []), ...own])
      }
    } finally {
      await stop()
    }
  }
  return samples
}

async function turns(loads: readonly TargetLoad[], seconds: number): Promise<void> {
  for (let turn = 0; turn < seconds / turnSeconds; turn++) {
    for (const load of loads) await load.turn()
  }
}

/** The load on one target. */
class TargetLoad {
  readonly name: string
  readonly samples: Sample[] = []
  readonly #server: PinnedProcess
  readonly #process: PinnedProcess
  #sum = { requests: 0, seconds: 0, cpuSeconds: 0 }

  constructor({ name, server, request }: Target, connections: number) {
    this.name = name
    this.#server = server
    this.#process = new PinnedProcess(
      cores.load,
      join(import.meta.dirname, 'load.ts'),
      [String(connections)],
      {
        LONGHAUL_LOAD: JSON.stringify(request),
      },
    )
  }

  async turn(): Promise<void> {
    const before = this.#server.cpuSeconds()
    this.#process.tell(String(turnSeconds))
    const { requests, seconds } = await this.#process.said<{ requests: number; seconds: number }>('requests')
    this.#sum.requests += requests
    this.#sum.seconds += seconds
    this.#sum.cpuSeconds += this.#server.cpuSeconds() - before
  }

  /** What the turns since the last call amount to. */
  endRound(): Sample {
    const { requests, seconds, cpuSeconds } = this.#sum
    this.#sum = { requests: 0, seconds: 0, cpuSeconds: 0 }
    return {
      rate: requests / seconds,
      cpuMicroseconds: (cpuSeconds / requests) * 1e6,
      busy: cpuSeconds / seconds,
    }
  }

  async stop(): Promise<void> {
    await this.#process.stop()
  }
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
