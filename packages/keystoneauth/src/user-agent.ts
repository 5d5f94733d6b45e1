const version = '0.1.0'

/** `<application> longhaul-keystoneauth/<version> node/<version>`. */
export function userAgent(application: string | undefined): string {
  const own = `longhaul-keystoneauth/${version} node/${process.versions.node}`
  return application ? `${application} ${own}` : own
}
