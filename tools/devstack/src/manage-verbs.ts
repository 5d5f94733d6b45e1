import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DevstackError } from './errors.ts'
import { program } from './services.ts'

const run = promisify(execFile)

/**
 * Runs a verb of a service's manage command to its end.
 *
 * @param env what the verb reads from the environment; secrets go here, never into the arguments
 * @throws DevstackError `verb_failed` with what the verb printed
 */
export async function manage(
  service: 'keystone' | 'glance' | 'cinder' | 'neutron' | 'nova',
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const command = program(`services/${service}/src/manage.ts`, args)
  try {
    await run(command.file, command.args, { env: { ...command.env, ...env }, cwd: '/' })
  } catch (error) {
    const { stderr, stdout } = error as { stderr?: string; stdout?: string }
    throw new DevstackError(
      'verb_failed',
      `${service}-manage ${args.slice(2).join(' ')} failed: ${stderr || stdout || String(error)}`.trim(),
    )
  }
}
