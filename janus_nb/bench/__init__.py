"""`janus bench`: real cells under JANUS, against eager and against what a good TensorFlow user writes by hand."""
