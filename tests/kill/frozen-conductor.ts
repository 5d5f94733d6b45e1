import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestCloud } from '../cloud/test-cloud.ts'

/**
 * Has a conductor stand still before a step, until the other one has come to the end of the operation and something else has
 * happened, and then go on.
 *
 * @param begin asks for the operation
 * @param ended whether it has come to its end
 * @param meanwhile what is done while it still stands
 */
export async function withFrozenConductor(
  cloud: TestCloud,
  point: string,
  {
    begin,
    ended,
    meanwhile,
  }: { begin: () => Promise<void>; ended: () => Promise<boolean>; meanwhile: () => Promise<void> },
): Promise<void> {
  const stepped = stepsAside(cloud)
  let frozen: number | undefined
  cloud.points.arm(point)
  try {
    await begin()
    await cloud.until(`a conductor stands at "${point}"`, async () => {
      frozen = cloud.points.reached()
      return frozen !== undefined
    })
    await cloud.until('the other conductor has ended it', ended)
    await meanwhile()
  } finally {
    cloud.points.disarm()
    if (frozen !== undefined) process.kill(frozen, 'SIGCONT')
  }
  await cloud.until('the frozen conductor sees that it was replaced', async () => stepsAside(cloud) > stepped)
}

/** How often conductors have said that another execution has taken over. */
function stepsAside({ cloud }: TestCloud): number {
  const logs = readdirSync(cloud.state.log).filter((name) => name.startsWith('nova-conductor'))
  const text = logs.map((name) => readFileSync(join(cloud.state.log, name), 'utf8')).join('')
  return text.split('another execution has taken over').length
}
