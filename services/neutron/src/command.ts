import { Command } from 'commander'
import packageFile from '../package.json' with { type: 'json' }

/** The command line of one of neutron's processes. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption(
      '--config-file <path>',
      'configuration file, or a directory of them; may be repeated',
      (file: string, before: string[] | undefined) => [...(before ?? []), file],
    )
    .version(packageFile.version)
}
