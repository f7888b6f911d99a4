//! Calls fail; the disk is full; syncs fail, and what they were for is gone.
