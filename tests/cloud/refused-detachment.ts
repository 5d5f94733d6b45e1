/**
 * Body of the answer 409 to who ends an attachment behind Nova's back.
 *
 * @see CVE-2023-2088; openstack/cinder cinder/exception.py, ConflictNovaUsingAttachment
 */
export function refusedDetachment(server: string) {
  return {
    conflictingRequest: {
      code: 409,
      message: `ConflictNovaUsingAttachment: Detach volume from instance ${server} using the Compute API`,
    },
  }
}
