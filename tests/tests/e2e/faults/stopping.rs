//! What is given up stops on the server.
