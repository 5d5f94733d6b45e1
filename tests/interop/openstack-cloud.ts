import { TestCloud } from '../cloud/test-cloud.ts'
import { needPackages } from './debian.ts'
import { OpenStackClient } from './openstack-client.ts'

/** A cloud of ours before Debian's openstackclient. */
export interface OpenStackCloud {
  cloud: TestCloud
  admin: OpenStackClient
  demo: OpenStackClient
}

/** Starts a cloud and installs the client if it is missing. */
export async function startOpenStackCloud(
  settings: Parameters<typeof TestCloud.start>[0] = {},
): Promise<OpenStackCloud> {
  await needPackages('python3-openstackclient')
  const cloud = await TestCloud.start(settings)
  const { cloudsYaml } = cloud.cloud.state
  return {
    cloud,
    admin: new OpenStackClient(cloudsYaml, 'longhaul-admin'),
    demo: new OpenStackClient(cloudsYaml, 'longhaul'),
  }
}
