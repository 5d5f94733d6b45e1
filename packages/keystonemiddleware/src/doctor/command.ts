#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Config } from '@longhaul/oslo-config'
import { doctor } from './doctor.ts'
import type { Finding } from './finding.ts'

const usage = `usage: auth-token-doctor --config-file FILE [--config-file FILE ...] [options]

Tries what a [keystone_authtoken] section describes; the status is 1 if there is a problem, 2 if it could not be tried.

  --config-file FILE         configuration of the service; may be repeated
  --group NAME               section, by default keystone_authtoken
  --service-token-file FILE  holds a service token to be looked at; - is the standard input
  --receiver URL             a URL that needs a token, of a receiver that is sent this service's own; may be repeated
  --json                     print the findings as JSON
  --help`

const marks = { ok: 'ok     ', note: 'note   ', problem: 'PROBLEM' } as const

function text(findings: readonly Finding[]): string {
  return findings.map(({ check, level, message }) => `${marks[level]}  ${check}: ${message}\n`).join('')
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'config-file': { type: 'string', multiple: true },
      group: { type: 'string' },
      'service-token-file': { type: 'string' },
      receiver: { type: 'string', multiple: true },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    process.stdout.write(`${usage}\n`)
    return 0
  }
  const files = values['config-file']
  if (!files) throw new Error(`--config-file is needed\n${usage}`)
  const tokenFile = values['service-token-file']
  const findings = await doctor(Config.read(files), {
    ...(values.group === undefined ? {} : { group: values.group }),
    serviceToken:
      tokenFile === undefined ? undefined : readFileSync(tokenFile === '-' ? 0 : tokenFile, 'utf8'),
    receivers: values.receiver ?? [],
  })
  process.stdout.write(values.json ? `${JSON.stringify(findings, null, 2)}\n` : text(findings))
  return findings.some(({ level }) => level === 'problem') ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`auth-token-doctor: ${(error as Error).message}\n`)
  process.exitCode = 2
}
