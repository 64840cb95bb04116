import type { Messages } from './messages.js';

export const es: Messages = {
  mail: {
    verify: {
      subject: 'Confirma tu dirección de correo',
      intro:
        'Se ha creado una cuenta en {host} con esta dirección de correo. Confirma que la dirección es tuya.',
      button: 'Confirmar dirección de correo',
      linkHint: 'Si el botón no funciona, abre este enlace:',
      codeHint: 'Si una aplicación te pide el código de verificación, copia este:',
      ignore: 'Si no has creado ninguna cuenta, puedes ignorar este mensaje.',
    },
    recovery: {
      subject: 'Tu código para restablecer la contraseña',
      intro:
        'Alguien ha pedido restablecer la contraseña de tu cuenta en {host}. Si has sido tú, introduce este código donde lo has pedido:',
      validity:
        'El código es válido durante 15 minutos desde la primera solicitud y para tres intentos. No se lo des a nadie.',
      button: 'Ver el código en el navegador',
      linkHint: 'Si el botón no funciona, abre este enlace:',
      ignore: 'Si no has sido tú, ignora este mensaje. Tu contraseña no cambiará.',
    },
    footer: 'Este es un mensaje automático de {host}.',
  },
};
