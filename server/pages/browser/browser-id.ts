/** `navigator.id` for an identity provider, in browsers that had it (Mozilla's BrowserID, 2013). */
export interface BrowserId {
  beginProvisioning?(begin: (email: string, certificateSeconds: number) => void): void;
  raiseProvisioningFailure?(reason: string): void;
  beginAuthentication?(begin: (email: string) => void): void;
  raiseAuthenticationFailure?(reason: string): void;
}
