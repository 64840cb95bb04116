/** Stands for whatever keeps a thread from starting: a missing module, no memory. */
throw new Error('out of order');
