import { Command } from 'commander'
import packageJson from '../package.json' with { type: 'json' }

/** The configuration files named on the command line of one of nova's processes. */
export function configFiles(name: string, description: string): string[] {
  const program = new Command(name)
    .description(description)
    .requiredOption(
      '--config-file <file>',
      'configuration file; may be repeated, later ones win',
      (file, files: string[] | undefined) => [...(files ?? []), file],
    )
    .version(packageJson.version)
    .parse()
  return program.opts<{ configFile: string[] }>().configFile
}
