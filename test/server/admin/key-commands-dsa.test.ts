import t from 'tap';
import { describeRotation } from '../../support/admin/key-rotation.js';

// In a file of its own: each DSA key takes seconds to make.
describeRotation(t, 'DS');
