/** Types of devices (docs/protocol.md, "Sessions and devices"). */
export const DEVICE_TYPES = ['desktop', 'computer', 'phone', 'tablet', 'tv', 'other'] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];
