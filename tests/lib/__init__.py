# SPDX-License-Identifier: MIT
"""What tests of a running bus need: a codec of its own, raw clients, and ways to start a bus."""
