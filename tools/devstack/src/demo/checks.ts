import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { rm, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkImage, convertImage } from '@longhaul/qemu'
import { counterOnDisk, ticksOf } from '../guest-image.ts'
import type { StateDirectory } from '../state-directory.ts'
import { linesWithin, type LogLine, type Period, type ServiceCall } from './calls.ts'
import type { ActionOutcome, Image } from './compute.ts'

/** One thing that has to be so. */
export interface Check {
  name: string
  ok: boolean
  /** What was found. */
  detail: string
}

/** What nova-compute logged of a finished backup. */
export interface HashedBackup {
  time: number
  operation: string
  sha512: string
  consoleOffset: { before: number; after: number }
}

/** The first backup that was hashed in a period. */
export function hashedBackup(computeLog: string, period: Period): HashedBackup | undefined {
  const line = linesWithin(computeLog, period).find((one) => one.msg === 'backup hashed')
  if (!line) return undefined
  const fields = line as LogLine & {
    operation: string
    sha512: string
    console_offset: HashedBackup['consoleOffset']
  }
  return {
    time: Date.parse(line.time),
    operation: fields.operation,
    sha512: fields.sha512,
    consoleOffset: fields.console_offset,
  }
}

/** Files of an image in glance's store, also of an upload that did not end. */
export function imageFiles(state: StateDirectory, imageId: string): string[] {
  const directory = join(state.data, 'glance/images')
  return existsSync(directory) ? readdirSync(directory).filter((file) => file.startsWith(imageId)) : []
}

/** A check of equality, with what was found when it fails. */
export function equals(name: string, found: unknown, wanted: unknown): Check {
  const ok = found === wanted
  return { name, ok, detail: ok ? String(found) : `found ${String(found)}, not ${String(wanted)}` }
}

/** Calls of nova to glance after the extraction, in order. */
function afterExtraction(calls: readonly ServiceCall[], hashed: HashedBackup | undefined): ServiceCall[] {
  if (!hashed) return []
  return calls.filter(
    (call) => call.to === 'glance-api' && call.from.startsWith('nova') && Date.parse(call.at) >= hashed.time,
  )
}

/** Why the action failed: the text of its failed event. */
export function reasonOf(action: ActionOutcome | undefined): string | null {
  const failed = action?.events.find((event) => event.result === 'Error')
  return failed?.details ?? action?.message ?? null
}

/** Without a service token: refused, and everything is put back. */
export function checksWithout(facts: {
  calls: readonly ServiceCall[]
  hashed: HashedBackup | undefined
  image: Image | undefined
  files: readonly string[]
  action: ActionOutcome | undefined
}): Check[] {
  const first = afterExtraction(facts.calls, facts.hashed)[0]
  const reason = reasonOf(facts.action)
  return [
    equals('glance refuses the first call after the extraction with 401', first?.status, 401),
    equals(
      'no service token is sent',
      facts.calls.some(
        (call) => call.from.startsWith('nova') && call.to === 'glance-api' && call.serviceToken,
      ),
      false,
    ),
    equals('the image is deleted', facts.image?.status ?? 'deleted', 'deleted'),
    equals('no file is left in glance’s store', facts.files.join(' '), ''),
    {
      name: 'the instance action tells the reason',
      ok: reason !== null && facts.action?.events.some((event) => event.result === 'Error') === true,
      detail: `found ${JSON.stringify(facts.action)}`,
    },
  ]
}

/** With a service token: glance takes the expired token, and the image is what nova has hashed. */
export function checksWith(facts: {
  calls: readonly ServiceCall[]
  hashed: HashedBackup | undefined
  image: Image | undefined
  auditId: string
  project: string
}): Check[] {
  const { hashed, image } = facts
  const after = afterExtraction(facts.calls, hashed)
  const put = after.find((call) => call.method === 'PUT' && call.path.endsWith(`/${image?.id}/file`))
  const refused = after.filter((call) => call.status >= 400)
  return [
    equals('the image is active', image?.status, 'active'),
    equals('glance refuses no call after the extraction', refused.map((call) => call.status).join(' '), ''),
    equals('the upload comes after nova has hashed the backup', put !== undefined, true),
    equals('the upload carries the user’s token, by its audit id', put?.userTokenAuditId, facts.auditId),
    equals('that token has expired', put?.userTokenExpired, true),
    equals('the upload carries nova’s service token', put?.serviceUser, 'nova'),
    equals('glance’s hash is the one of the backup', image?.os_hash_value, hashed?.sha512 ?? 'none'),
    equals('the image belongs to the user’s project', image?.owner, facts.project),
  ]
}

/** What is in the image: the bytes that nova has hashed, undamaged, from the moment of the backup. */
export async function checksOfContent(facts: {
  state: StateDirectory
  data: Uint8Array
  hashed: HashedBackup | undefined
  /** File with the console of the machine. */
  console: string
  /** False for pretended machines, whose backup is no disk. */
  disk: boolean
}): Promise<Check[]> {
  const digest = createHash('sha512').update(facts.data).digest('hex')
  const same = equals('the downloaded image has that hash', digest, facts.hashed?.sha512)
  if (!facts.disk || !facts.hashed) return [same]
  const file = join(facts.state.data, 'downloaded.qcow2')
  const raw = join(facts.state.data, 'downloaded.raw')
  await writeFile(file, facts.data)
  try {
    const damage = await checkImage(file).then(
      () => 'none',
      (error: Error) => error.message,
    )
    await convertImage(file, raw, { format: 'raw' })
    const counter = counterOnDisk(await readFile(raw))
    return [
      same,
      equals('qemu-img check finds no damage', damage, 'none'),
      counterCheck(facts.console, facts.hashed, counter),
    ]
  } finally {
    await rm(file, { force: true })
    await rm(raw, { force: true })
  }
}

// The guest prints a count and then writes it, so the disk may be one count behind the console.
function counterCheck(consolePath: string, hashed: HashedBackup, counter: number): Check {
  const console = readFileSync(consolePath)
  const lastAt = (length: number) => ticksOf(console.toString('latin1', 0, length)).at(-1) ?? -1
  const least = lastAt(hashed.consoleOffset.before) - 1
  const most = lastAt(hashed.consoleOffset.after)
  return {
    name: 'the counter on the image’s disk is the tick at the start of the backup',
    ok: counter >= 0 && counter >= least && counter <= most,
    detail: `found ${counter}, not ${least} to ${most}`,
  }
}
