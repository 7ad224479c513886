// SPDX-License-Identifier: BSD-2-Clause
// C++: exceptions through frames, destructors and threads, iostreams, containers, futures.
#include <fstream>
#include <future>
#include <iomanip>
#include <iostream>
#include <map>
#include <mutex>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static int alive;

struct Counted {
	Counted()
	{
		alive++;
	}
	~Counted()
	{
		alive--;
	}
};

static int deep(int depth)
{
	Counted here;

	if (depth == 0)
		throw std::out_of_range("the bottom");
	return deep(depth - 1) + 1;
}

static void from_thread()
{
	auto answer =
		std::async(std::launch::async, []() -> int { throw std::logic_error("thrown there"); });

	try {
		answer.get();
	} catch (const std::logic_error &error) {
		std::cout << error.what() << '\n';
	}
}

int main()
{
	std::ios::sync_with_stdio(false);
	try {
		deep(1000);
	} catch (const std::exception &error) {
		std::cout << error.what() << ", alive " << alive << '\n';
	}
	try {
		std::vector<int>(3).at(3);
	} catch (const std::out_of_range &) {
		std::cout << "out of range\n";
	}
	try {
		try {
			std::stoi("x");
		} catch (...) {
			std::throw_with_nested(std::runtime_error("outer"));
		}
	} catch (const std::runtime_error &error) {
		try {
			std::rethrow_if_nested(error);
		} catch (const std::invalid_argument &inner) {
			std::cout << error.what() << " of " << inner.what() << '\n';
		}
	}
	from_thread();

	std::ofstream("/tmp/words") << "crab shell crab tide\n" << std::setw(6) << 42 << '\n';
	std::ifstream file("/tmp/words");
	std::map<std::string, int> seen;
	for (std::string word; file >> word;)
		seen[word]++;
	for (const auto &[word, times] : seen)
		std::cout << word << '=' << times << ' ';
	std::cout << std::hex << std::showbase << 255 << std::dec << ' ' << std::fixed
			  << std::setprecision(3) << 2.0 / 3 << '\n';

	std::mutex lock;
	std::vector<std::thread> threads;
	long sum = 0;
	for (int t = 0; t < 8; t++)
		threads.emplace_back([&, t] {
			std::vector<long> numbers(1000);
			std::iota(numbers.begin(), numbers.end(), t * 1000);
			std::lock_guard<std::mutex> held(lock);
			sum = std::accumulate(numbers.begin(), numbers.end(), sum);
		});
	for (auto &thread : threads)
		thread.join();
	std::string line;
	std::getline(std::cin, line);
	std::cout << sum << std::endl;
	throw std::runtime_error("nobody catches this");
}
