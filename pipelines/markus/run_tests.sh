#!/usr/bin/env bash
# A custom tester's script. The course is installed on the tester's machine, and is none of the test files: MarkUs
# copies those into the folder of the student's own.
exec autograder ci . --system markus --course "${AUTOGRADER_COURSE:-/srv/autograder/course}"
