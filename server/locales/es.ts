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
  pages: {
    noScript: 'Esta página necesita JavaScript.',
    incomplete: {
      title: 'Este enlace está incompleto',
      text: 'Vuelve a abrir el enlace del mensaje. Si no funciona, cópialo entero en la barra de direcciones.',
    },
    verify: {
      title: 'Confirma tu dirección de correo',
      intro:
        'Has llegado aquí desde un mensaje de {host}. Confirma que la dirección a la que se envió es tuya.',
      account: 'Cuenta',
      button: 'Confirmar dirección de correo',
      working: 'Confirmando…',
      doneTitle: 'Dirección de correo confirmada',
      done: 'Puedes cerrar esta página. La aplicación o el dispositivo donde creaste la cuenta continuará por sí solo.',
      problems: {
        wrongCode:
          'Este enlace no corresponde a la cuenta. Abre el mensaje más reciente de {host} o pide a tu aplicación que envíe uno nuevo.',
        unknownAccount:
          'Esta cuenta no existe o ya no existe. Si la necesitas, vuelve a crearla en tu aplicación.',
        tooManyTries: 'Demasiados intentos. Podrás volver a intentarlo en {wait}.',
        busy: 'El servidor no puede responder en este momento. Podrás volver a intentarlo en {wait}.',
        unreachable: 'No se puede conectar con el servidor. Comprueba tu conexión e inténtalo de nuevo.',
        failed: 'Algo ha fallado en el servidor. Inténtalo de nuevo dentro de unos minutos.',
      },
    },
    reset: {
      title: 'Tu código para restablecer la contraseña',
      intro: 'Introduce este código donde pediste restablecer la contraseña:',
      button: 'Copiar código',
      copied: 'Copiado.',
      selected: 'El código está seleccionado. Cópialo con el teclado o desde el menú.',
      expired: 'Si el código ya no funciona, pide uno nuevo en el mismo lugar.',
    },
    signIn: {
      title: 'La sesión se inicia en tu aplicación',
      text: 'La sesión de tu cuenta de {host} se inicia en la aplicación o el dispositivo que la usa, nunca en esta página.',
      button: 'Volver',
    },
    provision: {
      title: 'Aquí no hay nada que ver',
      text: 'Los navegadores pueden cargar esta página en segundo plano para pedir un certificado. Las cuentas de {host} obtienen el suyo en la aplicación que las usa.',
    },
    front: {
      title: 'Servidor de claves de Firefox Accounts',
      text: 'Este servidor guarda cuentas para aplicaciones y dispositivos que hablan el protocolo de Firefox Accounts de 2013. Se comunican con él por su cuenta; en esta página no hay ninguna sesión que iniciar.',
      address: 'Dirección para aplicaciones',
      version: 'Versión',
      health: 'Estado',
      well: 'Todo funciona.',
      unwell: 'No disponible en este momento: {parts}.',
      database: 'cuentas',
      tokens: 'tokens de corta duración',
    },
  },
};
