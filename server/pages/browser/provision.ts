import type { BrowserId } from './browser-id.js';

const { id } = navigator as { id?: BrowserId };

// BrowserID of 2013 recognises this message and opens the sign-in page.
id?.beginProvisioning?.(() => id.raiseProvisioningFailure?.('user is not authenticated as target user'));
