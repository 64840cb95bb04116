import type { BrowserId } from './browser-id.js';

const { id } = navigator as { id?: BrowserId };

// With these words the BrowserID of 2013 goes on to the sign-in page.
id?.beginProvisioning?.(() => id.raiseProvisioningFailure?.('user is not authenticated as target user'));
