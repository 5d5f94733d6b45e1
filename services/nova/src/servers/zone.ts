/** Availability zone of every host. @see [DEFAULT] default_availability_zone */
export const zone = 'nova'
