/** The host's processors. @see Compute API, GET /os-hypervisors/detail, cpu_info */
export interface CpuInfo {
  arch: string
  vendor: string
  model: string
  topology: { cells: number; sockets: number; cores: number; threads: number }
  features: string[]
}

/** libvirt's words, which Nova shows. */
const vendors: Readonly<Record<string, string>> = { GenuineIntel: 'Intel', AuthenticAMD: 'AMD' }
const architectures: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

/**
 * Reads the kernel's list of processors.
 *
 * @param text content of /proc/cpuinfo; the processors of a host are taken for alike
 * @param arch as Node.js calls it
 */
export function cpuInfoOf(text: string, arch: string): CpuInfo {
  const processors = text
    .split(/\n\s*\n/)
    .map(fieldsOf)
    .filter((fields) => fields.has('processor'))
  const first = processors[0] ?? new Map<string, string>()
  const sockets = new Set(processors.map((fields) => fields.get('physical id') ?? '0')).size || 1
  const cores = Number(first.get('cpu cores') ?? processors.length) || 1
  const siblings = Number(first.get('siblings') ?? cores)
  const vendor = first.get('vendor_id') ?? first.get('CPU implementer') ?? ''
  return {
    arch: architectures[arch] ?? arch,
    vendor: vendors[vendor] ?? vendor,
    model: first.get('model name') ?? '',
    topology: { cells: 1, sockets, cores, threads: Math.max(1, Math.floor(siblings / cores)) },
    features: (first.get('flags') ?? first.get('Features') ?? '').split(' ').filter((name) => name !== ''),
  }
}

function fieldsOf(processor: string): Map<string, string> {
  return new Map(
    processor.split('\n').map((line) => {
      const [name = '', ...value] = line.split(':')
      return [name.trim(), value.join(':').trim()]
    }),
  )
}
