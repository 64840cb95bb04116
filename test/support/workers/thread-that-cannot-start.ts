/** Stands for any failed start, such as a missing module. */
throw new Error('out of order');
