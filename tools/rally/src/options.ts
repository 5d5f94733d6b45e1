import { Command, InvalidArgumentError } from 'commander'
import type { RoundOptions } from './rounds.ts'

/** Reads a whole number above 0. */
export function count(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('write a whole number above 0')
  return number
}

/** What the command line says of the rounds. */
export function roundOptions(name: string, description: string): RoundOptions {
  return new Command(name)
    .description(description)
    .option('--rounds <count>', 'rounds', count, 7)
    .option('--seconds <seconds>', 'seconds of load for each server in each round', count, 3)
    .option('--connections <count>', 'connections of the load', count, 16)
    .parse()
    .opts<RoundOptions>()
}
