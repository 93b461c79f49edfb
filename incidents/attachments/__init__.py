"""Files of an incident. `reading` tells what a file is and takes its metadata out, `storing` keeps it outside
of everything that is served, `services` are the acts of people.
"""
