"""Record what one lane computes: from a subject to a trace, with Keras, in a lane's process."""
