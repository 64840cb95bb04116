import t from 'tap';
import { describeRotation } from '../../support/admin/key-rotation.js';

// In a separate file: generating a DSA key takes seconds.
describeRotation(t, 'DS');
