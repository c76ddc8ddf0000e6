// replaced by the real generator
